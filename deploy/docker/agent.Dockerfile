# agent: built in one stage, run in another, as nobody. Build from the repository root:
#   docker build -f deploy/docker/agent.Dockerfile -t adyton/agent:0.1.0 .
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY apps apps
COPY libs libs
# With the optional packages: one of them is the binary of the bundler.
RUN npm install --no-save
COPY bundle.mjs tsconfig.json ./
RUN node bundle.mjs apps/agent

FROM node:24-bookworm-slim AS dependencies
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY apps/agent/package.json apps/agent/
COPY libs libs
RUN npm install --no-save --omit=dev --omit=optional --workspace @adyton/agent

FROM debian:bookworm-slim AS native
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY native native
RUN make -C native/libobk

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/adyton
COPY --from=dependencies /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY --from=native /src/build/native/libobk.so /opt/adyton/lib/libobk.so
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["node", "dist/apps/agent/src/main.js"]
