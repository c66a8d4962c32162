# Operator and ingress are one image; the first argument says which. Nothing here needs a shell at run time.
# The digest says which image, the tag which one that was. Both are raised together with each patch release of Node 24, and when
# `docker buildx imagetools inspect node:24-slim` names another digest: then the distribution below Node has been mended.
FROM node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The product's own optional packages are a Node: the image has one. Those of koffi stay, because they hold its library for each
# platform, of which npm takes the one of this machine. "npm ci" would ask for those of every platform.
# What only developers of the packages read stays out: source maps and declarations of types.
RUN npm pkg delete optionalDependencies \
 && npm install --no-save --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
WORKDIR /app
ENV NODE_ENV=production
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY cli ./cli
COPY crds ./crds
COPY ingress ./ingress
COPY operator ./operator
COPY standalone ./standalone
# The user `node` of the base image, as a number: Kubernetes cannot tell that a name is not root.
USER 1000:1000
# No signal opens a debugger, not in the first moments either. The heap may take three quarters of the memory limit; the rest is for buffers.
ENTRYPOINT ["node", "--disable-sigusr1", "--v8-pool-size=1", "--max-old-space-size-percentage=75", "cli/sip-dispatch.ts"]
CMD ["--help"]
