globalThis.ahead = (globalThis.ahead || 0) + 1;
