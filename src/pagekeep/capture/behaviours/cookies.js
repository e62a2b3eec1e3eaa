// Consent banners, answered by the button that refuses, else by the one that accepts; in a frame that holds nothing
// but a banner (`whole`), wherever the button stands. Returns how many were clicked.
(whole) => {
  // Of each framework: its box, what refuses in it, what accepts.
  const frameworks = [
    // OneTrust
    ["#onetrust-banner-sdk, #onetrust-pc-sdk", "#onetrust-reject-all-handler, .ot-pc-refuse-all-handler", "#onetrust-accept-btn-handler"],
    // Cookiebot
    [
      "#CybotCookiebotDialog",
      "#CybotCookiebotDialogBodyButtonDecline, #CybotCookiebotDialogBodyLevelButtonLevelOptinDeclineAll",
      "#CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll, #CybotCookiebotDialogBodyButtonAccept",
    ],
    // Didomi
    ["#didomi-host", "#didomi-notice-disagree-button, .didomi-continue-without-agreeing", "#didomi-notice-agree-button"],
    // Quantcast
    ["#qc-cmp2-container, .qc-cmp2-container", "#disagree-btn", "#accept-btn"],
    // Usercentrics
    [
      "[data-testid=uc-default-wall], [data-testid=uc-banner], #uc-main-dialog",
      "[data-testid=uc-deny-all-button], #deny",
      "[data-testid=uc-accept-all-button], #accept",
    ],
    // TrustArc
    ["#truste-consent-track, #consent_blackbar", "#truste-consent-required", "#truste-consent-button"],
    // Sourcepoint
    ["[id^=sp_message_container], .message.type-modal", ".sp_choice_type_13", ".sp_choice_type_11"],
    // Osano, and the Cookie Consent it comes from
    [".osano-cm-dialog", ".osano-cm-denyAll", ".osano-cm-accept-all, .osano-cm-accept"],
    [".cc-window", ".cc-deny", ".cc-allow, .cc-dismiss"],
    // CookieYes, Complianz, iubenda, Klaro, consentmanager, Google's Funding Choices, tarteaucitron
    [".cky-consent-container", ".cky-btn-reject", ".cky-btn-accept"],
    ["#cmplz-cookiebanner-container", ".cmplz-deny", ".cmplz-accept"],
    ["#iubenda-cs-banner", ".iubenda-cs-reject-btn", ".iubenda-cs-accept-btn"],
    [".klaro", ".cn-decline, .cm-btn-decline", ".cm-btn-success"],
    ["#cmpbox", ".cmpboxbtnno", ".cmpboxbtnyes"],
    [".fc-consent-root", ".fc-cta-do-not-consent", ".fc-cta-consent"],
    ["#tarteaucitronAlertBig", "#tarteaucitronAllDenied2", "#tarteaucitronPersonalize2"],
  ];
  const words = ["cookie", "consent", "gdpr", "privacy", "datenschutz"];
  const named = words.flatMap((word) => ["id", "class", "aria-label"].map((name) => `[${name}*=${word} i]`)).join();
  const refuses = [
    /^(reject|decline|refuse|deny|disagree)( all)?( cookies)?$|^i do not (accept|agree)$/i,
    /^(continue|proceed) without (accepting|agreeing)|^(only|use|accept)( only)? (strictly )?(necessary|essential|required)/i,
    /^(alles? )?ablehnen$|^nur (notwendige|essenzielle|erforderliche)|^(tout )?refuser( tout)?$|^continuer sans accepter/i,
    /^rechazar|^rifiuta|^(alles )?weigeren$|^(rejeitar|recusar)( tud[oa]s?)?$|^odrzuć|^отклонить|^拒绝|^拒否/i,
  ];
  const accepts = [
    /^(accept|allow|agree)( all)?( cookies)?$|^i (agree|accept)$|^got it!?$|^ok(ay)?$/i,
    /^(alles? )?akzeptieren$|^(tout )?accepter( tout)?$|^aceptar|^accetta|^(alles )?accepteren$/i,
    /^aceitar|^akceptuj|^принять|^接受|^同意/i,
  ];
  const buttons = "button, [role=button], input[type=button], input[type=submit], a[href^='#'], a:not([href])";

  // What is in an element, its own shadow tree included.
  const within = (element, selector) => {
    const shadow = shadowRoot(element);
    const found = [...inElement(element, selector), ...(shadow ? inShadow(shadow, selector) : [])];
    return found.filter((node) => node instanceof HTMLElement);
  };
  const choose = (box, refuse, accept) => {
    const of = (selector) => (box === document ? every(selector) : within(box, selector)).filter(visible);
    const labelled = of(buttons).map((button) => [button, label(button)]);
    const says = (answers) => labelled.find(([, text]) => answers.some((answer) => answer.test(text)))?.[0];
    return (refuse && of(refuse)[0]) || says(refuses) || (accept && of(accept)[0]) || says(accepts);
  };
  // A page about privacy names itself so as well, and its sticky header has buttons of its own.
  const about = /cookie|consent|gdpr|privacy|personal data|tracking|datenschutz|données|datos|dati|dados|gegevens|クッキー|隐私|данны/i;
  const isBanner = (element, box) => {
    if (!box || box === element || contains(box, element)) return box !== null;
    const text = innerText(box);
    return text.length < 10_000 && about.test(text);
  };
  const answered = (globalThis.pagekeepAnswered ||= new WeakSet());
  const chosen = new Set();
  for (const [box, refuse, accept] of frameworks)
    for (const element of every(box)) chosen.add(choose(element, refuse, accept));
  for (const element of every(named)) {
    const button = choose(element, "", "");
    if (button && isBanner(element, floating(button))) chosen.add(button);
  }
  chosen.delete(undefined);
  if (whole && !chosen.size) chosen.add(choose(document, ".sp_choice_type_13, .rejectAll", ".sp_choice_type_11"));

  // Boxes within boxes of one banner may lead to several of its buttons: the first is answer enough, and takes it away.
  let clicked = 0;
  for (const button of [...chosen].slice(0, 3)) {
    if (!button || answered.has(button) || !visible(button)) continue;
    stayHere();
    answered.add(button);
    click(button);
    clicked += 1;
  }
  return clicked;
}
