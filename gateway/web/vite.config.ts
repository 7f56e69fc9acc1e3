import { fileURLToPath } from "node:url";

import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const gateway = process.env["TAPELINE_GATEWAY"] ?? "http://127.0.0.1:8765";

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { target: "es2022", assetsInlineLimit: 0, reportCompressedSize: true },
  server: { proxy: { "/v1": { target: gateway, ws: true } } },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
});
