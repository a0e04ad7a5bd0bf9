# docker build -t countersign . ; README.md says how to run it.
# Stage 1 builds the wheel and a virtual environment without pip; stage 2 is Python and that environment, nothing else.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/countersign
# The dependencies come first, so that a change of our own code does not install them again.
COPY pyproject.toml ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
      > requirements.txt \
 && pip --python /opt/countersign/bin/python install --no-cache-dir -r requirements.txt
COPY README.md manifest.yml ./
COPY bot bot
COPY agents agents
COPY storage storage
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
 && pip --python /opt/countersign/bin/python install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home countersign \
 && install --directory --owner countersign --mode 0700 /data
COPY --from=build /opt/countersign /opt/countersign
# matplotlib keeps its font list in a folder it may write to.
ENV PATH=/opt/countersign/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    COUNTERSIGN_HOME=/data \
    MPLCONFIGDIR=/tmp/matplotlib
USER countersign
WORKDIR /data
VOLUME /data
# Slack's requests arrive here where a signing secret is used instead of Socket Mode.
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8765/healthz', timeout=4)"]
ENTRYPOINT ["countersign"]
CMD ["up", "--no-browser"]
