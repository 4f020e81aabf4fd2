// Settings of this browser: language, appearance, single keys, own picture, the ring's sound, signing out.
import { IconBell, IconLogout } from "@tabler/icons-react";
import type { Language } from "../words";
import type { Preferences, Theme } from "../session/preferences";
import { useSurroundings } from "./surroundings";
import { useWords } from "../session/words";
import type { Tone } from "./tone";

const themes: readonly Theme[] = ["system", "light", "dark"];

export function SettingsMenu({ tone }: { tone: Tone }) {
  const { preferences, setPreferences, signOut } = useSurroundings();
  const { say, language } = useWords();
  const set = (part: Partial<Preferences>): void => setPreferences({ ...preferences, ...part });
  return (
    <div className="menu" role="dialog" aria-label={say("top.menu")}>
      <fieldset>
        <legend>{say("app.language")}</legend>
        <Choice<Language>
          name="language"
          value={language}
          options={["en", "de"]}
          label={(each) => (each === "en" ? "English" : "Deutsch")}
          onChange={(chosen) => set({ language: chosen })}
        />
      </fieldset>
      <fieldset>
        <legend>{say("menu.theme")}</legend>
        <Choice<Theme>
          name="theme"
          value={preferences.theme}
          options={themes}
          label={(each) => say(`menu.theme.${each}`)}
          onChange={(chosen) => set({ theme: chosen })}
        />
      </fieldset>
      <Toggle on={preferences.camera} label={say("menu.camera")} onChange={(camera) => set({ camera })} />
      <Toggle on={preferences.singleKeys} label={say("menu.keys")} onChange={(singleKeys) => set({ singleKeys })} />
      <div className="menu-row">
        <button type="button" className="btn" onClick={() => tone.sample()}>
          <IconBell size={18} stroke={1.75} aria-hidden="true" />
          {say("menu.sound")}
        </button>
        <button type="button" className="btn" onClick={signOut}>
          <IconLogout size={18} stroke={1.75} aria-hidden="true" />
          {say("menu.signout")}
        </button>
      </div>
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly name: string;
  readonly value: T;
  readonly options: readonly T[];
  readonly label: (option: T) => string;
  readonly onChange: (option: T) => void;
}

function Choice<T extends string>({ name, value, options, label, onChange }: ChoiceProps<T>) {
  return (
    <div className="choice">
      {options.map((option) => (
        <label key={option}>
          <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
          <span>{label(option)}</span>
        </label>
      ))}
    </div>
  );
}

function Toggle({ on, label, onChange }: { on: boolean; label: string; onChange: (on: boolean) => void }) {
  return (
    <button type="button" role="switch" aria-checked={on} className="toggle" onClick={() => onChange(!on)}>
      <span>{label}</span>
      <span className="sw" aria-hidden="true" />
    </button>
  );
}
