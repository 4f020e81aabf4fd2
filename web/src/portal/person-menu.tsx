// The person at the right: profile, appearance, sign-out.
import { Menu } from "@mantine/core";
import { IconCheck, IconLogout, IconUserCircle } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { initials } from "../parts/initials";
import type { Theme } from "../session/preferences";
import { usePortal, useWords } from "./surroundings";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function PersonMenu() {
  const { say } = useWords();
  const { me, preferences, setPreferences, signOut } = usePortal();
  const navigate = useNavigate();
  return (
    <Menu position="bottom-end" width={230} withinPortal={false}>
      <Menu.Target>
        <button type="button" className="p-person" aria-label={me.user.name}>
          <span className="avatar" aria-hidden="true" data-initials={initials(me.user.name)} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.user.name}</Menu.Label>
        <Menu.Item
          leftSection={<IconUserCircle size={17} stroke={1.75} />}
          onClick={() => void navigate({ to: "/profile" })}
        >
          {say("nav.profile")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{say("nav.theme")}</Menu.Label>
        {THEMES.map((theme) => (
          <Menu.Item
            key={theme}
            closeMenuOnClick={false}
            aria-current={preferences.theme === theme}
            rightSection={preferences.theme === theme ? <IconCheck size={16} aria-hidden="true" /> : null}
            onClick={() => setPreferences({ ...preferences, theme })}
          >
            {say(`menu.theme.${theme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={17} stroke={1.75} />} onClick={signOut}>
          {say("menu.signout")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
