// How many elements this frame has.
() => Document.prototype.querySelectorAll.call(document, "*").length
