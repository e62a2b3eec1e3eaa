"use strict";
fetch("facts.json")
  .then((response) => response.json())
  .then((facts) => {
    const body = document.querySelector("#facts tbody");
    for (const [name, text] of Object.entries(facts)) {
      const row = body.insertRow();
      const head = document.createElement("th");
      head.textContent = name;
      row.append(head);
      row.insertCell().textContent = text;
    }
  });
