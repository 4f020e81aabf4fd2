// Which company somebody acts in; integrators change it here.
import { Menu } from "@mantine/core";
import { IconBuildingCommunity, IconCheck, IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { companies } from "./queries";
import { usePortal, useWords } from "./surroundings";

export function CompanySwitch() {
  const { say } = useWords();
  const { client, me, actIn } = usePortal();
  const known = useQuery(companies(client)).data?.items ?? [];
  if (known.length < 2)
    return (
      <div className="p-company">
        <IconBuildingCommunity size={18} stroke={1.75} aria-hidden="true" />
        <span className="ell">{me.company.name}</span>
      </div>
    );
  return (
    <Menu position="bottom-start" width="target" withinPortal={false}>
      <Menu.Target>
        <button type="button" className="p-company" aria-label={`${me.company.name}: ${say("nav.switch")}`}>
          <IconBuildingCommunity size={18} stroke={1.75} aria-hidden="true" />
          <span className="ell">{me.company.name}</span>
          <span className="p-gap" />
          <IconChevronDown size={16} stroke={1.75} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {known.map((company) => (
          <Menu.Item
            key={company.id}
            onClick={() => actIn(company.id)}
            rightSection={company.id === me.company.id ? <IconCheck size={16} aria-hidden="true" /> : null}
          >
            {company.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
