# The worker of the cluster profile. The embedded ClickHouse (chdb, half a gigabyte) is left out: CLICKHOUSE_URL names a server.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# With the optional packages: the compiler needs chdb's types, and the bundler's binary is one of them.
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:22-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=optional --omit=dev --no-audit --no-fund && npm cache clean --force

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
# A deployment mounts its own over it, read-only; what changes there is taken up without a restart.
COPY config ./config
RUN install -d -o node -g node /var/lib/sheepdog
USER node
VOLUME /var/lib/sheepdog
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=300s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8787/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/pipeline/main.js"]
CMD ["start", "--profile", "cluster", "--data", "/var/lib/sheepdog"]
