# miniredis as a container: docs/releasing.md says how it is built and run.

FROM denoland/deno:2.9.6 AS build
WORKDIR /build
COPY deno.json deno.lock main.ts ./
COPY src ./src
RUN deno task compile

FROM debian:stable-slim
RUN useradd --system --uid 999 --home-dir /data --shell /usr/sbin/nologin miniredis \
  && install --directory --owner=miniredis --group=miniredis --mode=0700 /data
COPY --from=build /build/miniredis /usr/local/bin/miniredis
USER miniredis
WORKDIR /data
VOLUME /data
EXPOSE 6379
STOPSIGNAL SIGTERM
# The image has neither curl nor wget. The metrics' port is not exposed.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9121 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.[01] 200 ' <&3"]
ENTRYPOINT ["miniredis", "--bind", "* -::*", "--protected-mode", "no", "--dir", "/data", "--metrics-port", "9121"]
# Other arguments take the place of this one: give a password where strangers reach the port.
CMD ["--appendonly", "yes"]
