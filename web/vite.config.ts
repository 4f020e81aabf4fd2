/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const entry = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

// One project, one HTML entry per application. Nothing is inlined: the content security policy is `default-src 'self'`.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { client: entry("./index.html"), portal: entry("./portal.html") } },
  },
  server: {
    proxy: {
      "/api": { target: "https://localhost:8443", secure: false },
      "/ws": { target: "wss://localhost:8443", secure: false, ws: true },
    },
  },
  test: { environment: "jsdom", include: ["tests/**/*.test.{ts,tsx}"], globals: false },
});
