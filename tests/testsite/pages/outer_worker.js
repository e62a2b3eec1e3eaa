new Worker("/inner_worker.js").onmessage = (event) => postMessage(event.data);
