oninstall = () => skipWaiting();
onactivate = (event) => event.waitUntil(clients.claim());
onmessage = (event) =>
  event.waitUntil(fetch("/echo?by=service").then((a) => a.json()).then((seen) => event.source.postMessage(seen.method)));
