const said = document.getElementById("said");
said.textContent = `the script ran, the style holds: ${getComputedStyle(said).color === "rgb(1, 2, 3)"}`;
