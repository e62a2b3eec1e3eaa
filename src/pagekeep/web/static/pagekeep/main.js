// Every page works without this file; with it, times are local and the page keeps itself up to date.
import { keepFilterShort } from "./filter.js";
import { follow } from "./live.js";
import { refreshParts } from "./refresh.js";
import { showLocalTimes } from "./times.js";

showLocalTimes(document);
keepFilterShort(document);
follow(document);
refreshParts(document);
