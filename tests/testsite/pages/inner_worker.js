postMessage("from a worker within a worker");
