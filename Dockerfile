# Operator and ingress are one image; the first argument says which. Nothing here needs a shell at run time.
# The digest says which image, the tag which one that was. Both are raised together with each patch release of Node 24, and when
# `docker buildx imagetools inspect node:24-slim` names another digest: then the distribution below Node has been mended.
FROM node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The optional packages are a Node of another place: the image has its own. "npm ci" would ask for those of every platform.
RUN npm install --no-save --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

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
