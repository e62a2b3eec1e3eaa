importScripts("/worker_import.js"); fetch("/echo?by=worker").then((a) => a.json()).then((seen) => postMessage(seen.method + imported));
