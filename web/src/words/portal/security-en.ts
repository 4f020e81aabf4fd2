// English words of account security in the portal: new passwords, second factor, passkeys.
export const securityEn = {
  "reset.title": "Choose a new password",
  "reset.lead": "With it every browser and app of yours is signed out. Your second factor and your passkeys stay.",
  "reset.do": "Set the password",
  "reset.done": "Your new password holds",
  "reset.done.text": "Every browser and app of yours is signed out. Sign in with the new password.",
  "reset.invalid": "This link does not hold any more",
  "reset.invalid.text": "It was used, ran out, or your password was changed meanwhile. Ask for a new one.",
  "reset.again": "Ask for a new link",
} as const;
