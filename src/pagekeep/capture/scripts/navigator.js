// Has a worker's navigator tell what that of its page tells: the browser's own emulation does not reach it everywhere.
(seen) => {
  for (const [name, value] of Object.entries(seen)) {
    Object.defineProperty(WorkerNavigator.prototype, name, { get: () => value, enumerable: true, configurable: true });
  }
}
