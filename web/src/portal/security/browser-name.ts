// What people call the browser that they use.

/** "Firefox, Linux": what a browser says of itself, as far as people know it. */
export function browserName(agent: string): string {
  const browser = agent.includes("Edg/")
    ? "Edge"
    : (/(Firefox|OPR|Chrome|Safari)\//.exec(agent)?.[1] ?? agent.split("/")[0] ?? "").replace("OPR", "Opera");
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1]?.replace("Mac OS X", "macOS");
  return system === undefined ? browser : `${browser}, ${system}`;
}
