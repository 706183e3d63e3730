// Passkeys: asks the device, puts its answer into the form's hidden field and sends the form.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function decoded(options) {
  const asked = { ...options.publicKey, challenge: toBytes(options.publicKey.challenge) };
  if (asked.user) asked.user = { ...asked.user, id: toBytes(asked.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (asked[list]) asked[list] = asked[list].map((key) => ({ ...key, id: toBytes(key.id) }));
  }
  return { publicKey: asked };
}

function encoded(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  }
  return {
    type: credential.type,
    id: credential.id,
    rawId: toText(credential.rawId),
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

for (const form of document.querySelectorAll("form.passkey")) {
  const button = form.querySelector("button");
  const trouble = form.querySelector(".error[role=alert]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    trouble.hidden = true;
    try {
      const options = decoded(JSON.parse(form.dataset.options));
      const credential = await navigator.credentials[form.dataset.act](options);
      form.elements.credential.value = JSON.stringify(encoded(credential));
      form.submit();
    } catch {
      trouble.hidden = false;
    }
  });
}
