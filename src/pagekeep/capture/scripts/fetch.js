// Loads a resource as an image or style would be; its bytes are taken where the visit is recorded.
(url) => fetch(url, { mode: "no-cors", credentials: "include" }).then(() => true)
