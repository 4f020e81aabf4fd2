import { afterEach, describe, expect, test, vi } from "vitest";
import {
  base64urlOf,
  bytesOf,
  creationOptions,
  knowsPasskeys,
  newPasskey,
  passkeyAnswer,
  PasskeyNotUsed,
  requestOptions,
  type CreationOptions,
} from "../../src/session/passkeys";

const buffer = (...bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer;

const asked: CreationOptions = {
  challenge: "_-8",
  rp: { id: "portal.example", name: "Antiphon" },
  user: { id: "dXNlcl8x", name: "anna@example.org", displayName: "Anna" },
  pubKeyCredParams: [{ type: "public-key", alg: -7 }],
  timeout: 300_000,
  excludeCredentials: [{ id: "AQID", type: "public-key" }],
  authenticatorSelection: { residentKey: "required", userVerification: "required" },
};

function browserWith(credentials: Partial<CredentialsContainer>): void {
  vi.stubGlobal("navigator", { credentials });
  vi.stubGlobal("PublicKeyCredential", vi.fn());
}

afterEach(() => vi.unstubAllGlobals());

describe("a passkey's bytes", () => {
  test("are written without padding, and read back whatever they are", () => {
    expect(base64urlOf(buffer(255, 239))).toBe("_-8");
    for (const bytes of [[], [0], [1, 2], [250, 251, 252, 253, 254, 255]])
      expect([...bytesOf(base64urlOf(buffer(...bytes)))]).toEqual(bytes);
  });

  test("are what the browser is asked with; the rest is handed on as it is", () => {
    const options = creationOptions(asked);
    expect([...new Uint8Array(options.challenge as ArrayBuffer)]).toEqual([255, 239]);
    expect(new TextDecoder().decode(options.user.id as ArrayBuffer)).toBe("user_1");
    expect(options.excludeCredentials?.map((one) => [...new Uint8Array(one.id as ArrayBuffer)])).toEqual([[1, 2, 3]]);
    expect(options.authenticatorSelection).toEqual({ residentKey: "required", userVerification: "required" });
    expect(requestOptions({ challenge: "AQ", rpId: "portal.example" }).allowCredentials).toEqual([]);
  });
});

describe("the browser", () => {
  const said = { id: "AQI", rawId: buffer(1, 2), type: "public-key" };

  test("makes a passkey, in the words of the platform", async () => {
    const response = { clientDataJSON: buffer(7), attestationObject: buffer(8) };
    browserWith({ create: () => Promise.resolve({ ...said, response } as unknown as Credential) });
    expect(await newPasskey(asked)).toEqual({
      id: "AQI",
      rawId: "AQI",
      type: "public-key",
      response: { clientDataJSON: "Bw", attestationObject: "CA" },
      clientExtensionResults: {},
    });
  });

  test("answers with one, with or without a name for the person", async () => {
    const response = {
      clientDataJSON: buffer(7),
      authenticatorData: buffer(8),
      signature: buffer(9),
      userHandle: null,
    };
    browserWith({ get: () => Promise.resolve({ ...said, response } as unknown as Credential) });
    const answer = await passkeyAnswer({ challenge: "AQ", rpId: "portal.example" });
    expect(answer["response"]).toEqual({ clientDataJSON: "Bw", authenticatorData: "CA", signature: "CQ" });
  });

  test("never says why none was used, but that one is there already", async () => {
    for (const [reason, known] of [
      ["NotAllowedError", false],
      ["InvalidStateError", true],
    ] as const) {
      browserWith({ create: () => Promise.reject(new DOMException("no", reason)) });
      await expect(newPasskey(asked)).rejects.toMatchObject({ name: "PasskeyNotUsed", known });
    }
    browserWith({ get: () => Promise.resolve(null) });
    await expect(passkeyAnswer({ challenge: "AQ", rpId: "x" })).rejects.toBeInstanceOf(PasskeyNotUsed);
  });

  test("knows none where the page is not served securely", () => {
    expect(knowsPasskeys()).toBe(false);
    browserWith({});
    expect(knowsPasskeys()).toBe(true);
  });
});
