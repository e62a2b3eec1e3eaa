// Drives SingleFile (injected before) from outside: its requests are handed out by next() and answered by answer(), so
// that everything comes from the recording, whatever the page's content security policy or CORS would say.
(options) => {
  // Trusted Types that the page's own text demands (a header's are relaxed before) bind our world as well.
  try {
    const same = (text) => text;
    globalThis.trustedTypes?.createPolicy("default", { createHTML: same, createScript: same, createScriptURL: same });
  } catch {
    // The page has one, or names those that may be: then its own decides.
  }
  const waiting = new Map();
  let requests = [];
  let outcome = null;
  let wake = null;
  let last = 0;
  const changed = () => {
    if (wake) {
      const resolve = wake;
      wake = null;
      queueMicrotask(resolve);
    }
  };
  const fetch = (url) =>
    // Only the page itself can read what it made.
    /^(blob|data):/.test(url) ? globalThis.fetch(url) : ask(url);
  const ask = (url) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      requests.push([last, String(url)]);
      changed();
    });
  const answer = ([id, status, headers, body]) => {
    const request = waiting.get(id);
    waiting.delete(id);
    if (!status) {
      request.reject(new Error("not recorded"));
      return;
    }
    const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
    request.resolve({ status, headers: new Headers(headers), arrayBuffer: () => Promise.resolve(bytes.buffer) });
  };
  globalThis.pagekeepSingleFile = {
    async next(answers) {
      answers.forEach(answer);
      if (!requests.length && !outcome) await new Promise((resolve) => (wake = resolve));
      // What is asked for in the same turn is handed out together.
      if (!outcome) await new Promise((resolve) => setTimeout(resolve));
      const batch = requests;
      requests = [];
      return { requests: batch, outcome: batch.length ? null : outcome };
    },
  };
  const end = (value) => {
    outcome = value;
    changed();
  };
  singlefile.init({ fetch, frameFetch: fetch });
  singlefile.getPageData(options).then(
    (data) => end({ content: data.content }),
    (error) => end({ error: String(error?.stack || error) }),
  );
}
