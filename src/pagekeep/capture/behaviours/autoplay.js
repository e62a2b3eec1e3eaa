// Videos and sounds, played for a moment so that what they ask for is recorded, then as they were before; each for
// `limit` ms at most. Returns how many.
async (limit) => {
  const MOST = 4;
  const of = (name) => getter(HTMLMediaElement, name);
  const named = (media) => attribute(media, "src") || of("currentSrc")(media) || inElement(media, "source").length > 0;
  // Not those that play, have played, or found nothing they can play.
  const idle = () =>
    every("video, audio", HTMLMediaElement).filter(
      (media) => named(media) && of("paused")(media) && of("readyState")(media) < 3 && of("networkState")(media) !== 3,
    );
  const heard = (media) => new Promise((resolve) => method(EventTarget, "addEventListener")(media, "loadeddata", resolve, { once: true }));
  const play = async (media) => {
    const [muted, preload] = [of("muted")(media), attribute(media, "preload")];
    const late = new Promise((resolve) => setTimeout(resolve, limit));
    setter(HTMLMediaElement, "muted")(media, true);
    if (media instanceof HTMLVideoElement) {
      // A source that cannot be played says so; one that never comes is left alone.
      await Promise.race([method(HTMLMediaElement, "play")(media).catch(() => {}), late]);
      method(HTMLMediaElement, "pause")(media);
      if (of("currentTime")(media) > 0) setter(HTMLMediaElement, "currentTime")(media, 0);
    } else {
      // Without a person's hand sounds may not play, muted or not; they may load.
      const came = heard(media);
      setAttribute(media, "preload", "auto");
      await Promise.race([came, late]);
      preload === null ? method(Element, "removeAttribute")(media, "preload") : setAttribute(media, "preload", preload);
    }
    setter(HTMLMediaElement, "muted")(media, muted);
  };
  const chosen = idle().slice(0, MOST);
  await Promise.all(chosen.map((media) => play(media)));
  return chosen.length;
}
