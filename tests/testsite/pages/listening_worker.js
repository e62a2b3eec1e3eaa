new EventSource("/events?by=worker").onmessage = (event) => postMessage(event.data);
