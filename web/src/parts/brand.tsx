// The mark: call and answer.
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="3" fill="#15181A" />
      <path d="M11 4v10a5 5 0 0 1 0-10Z" fill="#fff" />
      <path d="M13 10a5 5 0 0 1 0 10Z" fill="#FFC700" />
    </svg>
  );
}

export function Brand() {
  return (
    <span className="brand">
      <Mark /> Antiphon
    </span>
  );
}
