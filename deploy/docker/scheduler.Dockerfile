# scheduler: built in one stage, run in another, as nobody. Build from the repository root:
#   docker build -f deploy/docker/scheduler.Dockerfile -t adyton/scheduler:0.1.0 .
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY apps apps
COPY libs libs
# With the optional packages: one of them is the binary of the bundler.
RUN npm install --no-save
COPY bundle.mjs tsconfig.json ./
RUN node bundle.mjs apps/scheduler

FROM node:24-bookworm-slim AS dependencies
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY apps/scheduler/package.json apps/scheduler/
COPY libs libs
RUN npm install --no-save --omit=dev --omit=optional --workspace @adyton/scheduler

FROM node:24-bookworm-slim
ENV NODE_ENV=production
ENV ADYTON_HTTP_HOST=0.0.0.0
WORKDIR /opt/adyton
COPY --from=dependencies /src/node_modules node_modules
COPY --from=build /src/dist dist
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
CMD ["node", "dist/apps/scheduler/src/main.js"]
