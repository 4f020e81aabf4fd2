// A password's field, which shows what stands in it when asked to.
import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useWords } from "../surroundings";

export function PasswordField(props: PasswordInputProps) {
  const { say } = useWords();
  const [shown, { toggle }] = useDisclosure(false);
  return (
    <PasswordInput
      {...props}
      visible={shown}
      onVisibilityChange={toggle}
      visibilityToggleButtonProps={{ "aria-label": say(shown ? "signin.hide" : "signin.show") }}
    />
  );
}
