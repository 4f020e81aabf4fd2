// The sign post beside the sign-in: what Antiphon does, in four plates.
import type { WordKey } from "../words";

interface Plate {
  readonly shape: string;
  readonly x: number;
  readonly y: number;
  readonly title: WordKey;
  readonly text: WordKey;
}

const plates: readonly Plate[] = [
  {
    shape: "M350 190H708L750 236L708 282H350Z",
    x: 432,
    y: 232,
    title: "signin.post1.title",
    text: "signin.post1.text",
  },
  { shape: "M102 300H460V392H102L60 346Z", x: 120, y: 342, title: "signin.post2.title", text: "signin.post2.text" },
  {
    shape: "M350 410H723L765 456L723 502H350Z",
    x: 432,
    y: 452,
    title: "signin.post3.title",
    text: "signin.post3.text",
  },
  { shape: "M142 520H460V612H142L100 566Z", x: 160, y: 562, title: "signin.post4.title", text: "signin.post4.text" },
];

export function WayPost({ say }: { say: (key: WordKey) => string }) {
  return (
    <svg viewBox="0 0 800 900" preserveAspectRatio="xMidYMid slice" role="img" aria-label={say("signin.post")}>
      <defs>
        <linearGradient id="sky" x2="0" y2="1">
          <stop stopColor="#1A2026" />
          <stop offset="1" stopColor="#2B343B" />
        </linearGradient>
        <linearGradient id="post" x2="1">
          <stop stopColor="#8E979D" />
          <stop offset=".5" stopColor="#C9CFD3" />
          <stop offset="1" stopColor="#737C83" />
        </linearGradient>
      </defs>
      <rect width="800" height="900" fill="url(#sky)" />
      <path d="M0 690 90 610 170 650 300 500 380 575 470 520 600 640 700 570 800 630V900H0Z" fill="#151A1E" />
      <path d="M0 780 160 715 330 760 520 700 800 770V900H0Z" fill="#0F1316" />
      <rect x="380" y="150" width="24" height="760" fill="url(#post)" />
      <rect x="376" y="140" width="32" height="14" rx="3" fill="#AEB6BB" />
      {plates.map((plate) => (
        <g key={plate.title}>
          <path d={plate.shape} fill="#FFC700" />
          <text x={plate.x} y={plate.y} className="post-title">
            {say(plate.title)}
          </text>
          <text x={plate.x} y={plate.y + 26} className="post-text">
            {say(plate.text)}
          </text>
          <circle cx="392" cy={plate.y - 28} r="3.5" fill="#15181A" opacity=".55" />
          <circle cx="392" cy={plate.y + 36} r="3.5" fill="#15181A" opacity=".55" />
        </g>
      ))}
    </svg>
  );
}
