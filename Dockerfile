# One image for all services; docker-compose.yml says which runs where, by its command. Postgres and Kafka are services of their own there, so
# the Postgres that `npm start` brings along is left out.

FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN node tools/run.mjs build && npm prune --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
COPY --from=build --chown=root:root /app/tools ./tools
# Volumes that are mounted here for the first time get this owner.
RUN mkdir /ledger /signer /repository && chown node:node /ledger /signer /repository
USER node
CMD ["node", "tools/tuf-ledger.mjs", "--help"]
