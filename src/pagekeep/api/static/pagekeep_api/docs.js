// Starts Swagger UI with our own description of the API, and shows each request for curl, Python and JavaScript.
"use strict";

function parts(request) {
  const headers = request.get("headers");
  const body = request.get("body");
  return {
    url: request.get("url"),
    method: request.get("method").toUpperCase(),
    headers: headers ? headers.toJS() : {},
    body: body === undefined || body === null ? null : typeof body === "string" ? body : JSON.stringify(body.toJS()),
  };
}

function python(request) {
  const { url, method, headers, body } = parts(request);
  const lines = ["import urllib.request", "", "request = urllib.request.Request("];
  lines.push(`    ${JSON.stringify(url)},`, `    method=${JSON.stringify(method)},`);
  lines.push(`    headers=${JSON.stringify(headers)},`);
  if (body !== null) {
    lines.push(`    data=${JSON.stringify(body)}.encode(),`);
  }
  lines.push(")", "with urllib.request.urlopen(request) as response:", "    print(response.read().decode())");
  return lines.join("\n");
}

function javascript(request) {
  const { url, method, headers, body } = parts(request);
  const lines = [`const response = await fetch(${JSON.stringify(url)}, {`];
  lines.push(`  method: ${JSON.stringify(method)},`, `  headers: ${JSON.stringify(headers)},`);
  if (body !== null) {
    lines.push(`  body: ${JSON.stringify(body)},`);
  }
  lines.push("});", "console.log(await response.json());");
  return lines.join("\n");
}

const place = document.getElementById("swagger-ui");
SwaggerUIBundle({
  url: place.dataset.openapi,
  domNode: place,
  layout: "BaseLayout",
  deepLinking: true,
  persistAuthorization: true,
  requestSnippetsEnabled: true,
  requestSnippets: {
    defaultExpanded: true,
    languages: ["curl_bash", "python", "javascript"],
    generators: {
      curl_bash: { title: "curl", syntax: "bash" },
      python: { title: "Python", syntax: "python" },
      javascript: { title: "JavaScript", syntax: "javascript" },
    },
  },
  plugins: [
    { fn: { requestSnippetGenerator_python: python, requestSnippetGenerator_javascript: javascript } },
  ],
});
