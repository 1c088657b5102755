// Whether a certificate and a private key belong together and can be used, before they are served.
// Pure; never puts any part of either into a message.

import { createPrivateKey, X509Certificate } from "node:crypto";

/** What is wrong, or undefined. */
export function checkPair(certificatePem: string, privateKeyPem: string): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certificatePem);
  } catch {
    return "tls.crt can't be read as an X.509 certificate";
  }
  try {
    const key = createPrivateKey(privateKeyPem);
    if (certificate.checkPrivateKey(key)) return undefined;
  } catch {
    return "tls.key can't be read as a private key";
  }
  return "tls.key does not belong to the certificate in tls.crt";
}
