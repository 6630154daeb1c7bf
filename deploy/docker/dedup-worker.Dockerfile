# dedup-worker: built in one stage, run in another, as nobody. Build from the repository root:
#   docker build -f deploy/docker/dedup-worker.Dockerfile -t adyton/dedup-worker:0.1.0 .
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY apps apps
COPY libs libs
# With the optional packages: one of them is the binary of the bundler.
RUN npm install --no-save
COPY bundle.mjs tsconfig.json ./
RUN node bundle.mjs apps/dedup-worker

FROM node:24-bookworm-slim AS dependencies
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY apps/dedup-worker/package.json apps/dedup-worker/
COPY libs libs
RUN npm install --no-save --omit=dev --omit=optional --workspace @adyton/dedup-worker

FROM node:24-bookworm-slim
ENV NODE_ENV=production
# Large buffers that nobody uses any more are given back soon, and freed memory is not kept once per thread.
ENV NODE_OPTIONS=--max-semi-space-size=2
ENV MALLOC_ARENA_MAX=2
WORKDIR /opt/adyton
COPY --from=dependencies /src/node_modules node_modules
COPY --from=build /src/dist dist
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["node", "dist/apps/dedup-worker/src/main.js"]
