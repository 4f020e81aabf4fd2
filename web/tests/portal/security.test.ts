import { describe, expect, it } from "vitest";
import { browserName } from "../../src/portal/security/browser-name";
import { codesText } from "../../src/portal/security/recovery-codes";
import { inFours } from "../../src/portal/security/set-up-factor";
import { refusalOf } from "../../src/portal/problem";
import { ApiProblem } from "../../src/session/api";
import { PasskeyNotUsed } from "../../src/session/passkeys";

describe("account security", () => {
  it("shows a secret in fours, the last shorter", () => {
    expect([inFours(""), inFours("JBSW"), inFours("JBSWY3DPEH")]).toEqual(["", "JBSW", "JBSW Y3DP EH"]);
  });

  it("keeps recovery codes with whose they are, one a line", () => {
    expect(codesText(["k7fm-q2xd", "9hzt-c4wp"], "anna@example.org", "portal.example")).toBe(
      "Antiphon portal.example\nanna@example.org\n\nk7fm-q2xd\n9hzt-c4wp\n",
    );
  });

  it("says what became of a passkey, and why a code was refused", () => {
    expect(refusalOf(new PasskeyNotUsed()).key).toBe("passkey.unused");
    expect(refusalOf(new PasskeyNotUsed(true)).key).toBe("passkey.known");
    expect(refusalOf(new ApiProblem(401, "wrong_code")).key).toBe("problem.wrong_code");
    expect(refusalOf(new ApiProblem(409, "passkeys_need_name")).key).toBe("problem.passkeys_need_name");
  });

  it("names a browser as people do", () => {
    const linux = "Mozilla/5.0 (X11; Linux x86_64)";
    expect(browserName(`${linux} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36`)).toBe(
      "Chrome, Linux",
    );
    expect(browserName(`${linux} Gecko/20100101 Firefox/142.0`)).toBe("Firefox, Linux");
    expect(browserName("curl/8.1")).toBe("curl");
  });
});
