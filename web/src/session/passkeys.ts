// Passkeys in the browser (WebAuthn Level 3): the platform's options handed to it, its answers as the platform takes them.
// Not by the browser's own `parse…FromJSON` and `toJSON`: older browsers lack them, and what keeps passkeys in their place breaks them.

interface Described {
  readonly id: string;
  readonly type: PublicKeyCredentialType;
  readonly transports?: AuthenticatorTransport[];
}

/** PublicKeyCredentialRequestOptionsJSON. */
export interface RequestOptions {
  readonly challenge: string;
  readonly rpId: string;
  readonly timeout?: number;
  readonly userVerification?: UserVerificationRequirement;
  readonly allowCredentials?: readonly Described[];
}

/** PublicKeyCredentialCreationOptionsJSON. */
export interface CreationOptions {
  readonly challenge: string;
  readonly rp: PublicKeyCredentialRpEntity;
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly pubKeyCredParams: PublicKeyCredentialParameters[];
  readonly timeout?: number;
  readonly excludeCredentials?: readonly Described[];
  readonly authenticatorSelection?: AuthenticatorSelectionCriteria;
  readonly attestation?: AttestationConveyancePreference;
}

/** Nothing was chosen, the time ran out, or the browser can't: it never says which. */
export class PasskeyNotUsed extends Error {
  /** `known`: the authenticator has a passkey of this person already. */
  constructor(readonly known = false) {
    super("passkey not used");
    this.name = "PasskeyNotUsed";
  }
}

/** Whether this browser knows passkeys at all; it does only where the page is served securely. */
export function knowsPasskeys(): boolean {
  return typeof PublicKeyCredential !== "undefined" && "credentials" in navigator;
}

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const letters = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

export function base64urlOf(bytes: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const described = (all: readonly Described[] = []): PublicKeyCredentialDescriptor[] =>
  all.map((one) => ({ ...one, id: bytesOf(one.id) }));

export function creationOptions(said: CreationOptions): PublicKeyCredentialCreationOptions {
  return {
    ...said,
    challenge: bytesOf(said.challenge),
    user: { ...said.user, id: bytesOf(said.user.id) },
    excludeCredentials: described(said.excludeCredentials),
  };
}

export function requestOptions(said: RequestOptions): PublicKeyCredentialRequestOptions {
  return { ...said, challenge: bytesOf(said.challenge), allowCredentials: described(said.allowCredentials) };
}

/** A new passkey of this browser, phone or security key (RegistrationResponseJSON); throws `PasskeyNotUsed`. */
export async function newPasskey(options: CreationOptions): Promise<Record<string, unknown>> {
  const made = await chosen(() => navigator.credentials.create({ publicKey: creationOptions(options) }));
  const response = made.response as AuthenticatorAttestationResponse;
  return written(made, { attestationObject: base64urlOf(response.attestationObject) });
}

/** An answer with a passkey that the person chose (AuthenticationResponseJSON); throws `PasskeyNotUsed`. */
export async function passkeyAnswer(options: RequestOptions): Promise<Record<string, unknown>> {
  const used = await chosen(() => navigator.credentials.get({ publicKey: requestOptions(options) }));
  const response = used.response as AuthenticatorAssertionResponse;
  return written(used, {
    authenticatorData: base64urlOf(response.authenticatorData),
    signature: base64urlOf(response.signature),
    ...(response.userHandle === null ? {} : { userHandle: base64urlOf(response.userHandle) }),
  });
}

async function chosen(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (reason) {
    throw new PasskeyNotUsed(reason instanceof DOMException && reason.name === "InvalidStateError");
  }
  if (credential === null) throw new PasskeyNotUsed();
  return credential as PublicKeyCredential;
}

function written(credential: PublicKeyCredential, response: Record<string, string>): Record<string, unknown> {
  return {
    id: credential.id,
    rawId: base64urlOf(credential.rawId),
    type: credential.type,
    response: { clientDataJSON: base64urlOf(credential.response.clientDataJSON), ...response },
    clientExtensionResults: {},
  };
}
