console.log(location.search ? "the short worker talks" : "the worker talks", 1, 2);
if (location.search) close();
else setTimeout(() => { throw new Error("the worker fails"); });
