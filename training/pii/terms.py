"""Writes terms.txt of services/guard/domain/data: names of languages, formats, technologies, brands, places and times.

    pip install babel==2.19.0 simpleicons==7.21.0 --target LISTS
    PYTHONPATH=.:LISTS python training/pii/terms.py LINGUIST/lib/linguist/languages.yml services/guard/domain/data

Babel holds CLDR (Unicode licence), pygments (BSD) and github-linguist/linguist (MIT) the names of programming languages and
formats, simpleicons (CC0) the names of brands, license-expression the SPDX licences (CC0).
"""

import mimetypes
import re
import sys
from itertools import chain
from pathlib import Path

from babel import Locale
from babel.dates import get_day_names, get_month_names
from license_expression import get_spdx_licensing
from pygments.lexers import get_all_lexers
from simpleicons.all import icons

LANGUAGES = "en de fr es it pt nl pl tr cs sv da nb fi hu ro id hr".split()
"""Written in Latin letters: a word in other letters is no name without support."""
MAX_WORDS = 3
COMMON = """
JSON JSONL NDJSON XML YAML TOML CSV TSV HTML XHTML CSS SCSS SVG PNG JPEG GIF PDF DOCX XLSX PPTX ZIP TAR GZIP MP3 MP4 WAV EPUB
RTF ODT Markdown LaTeX BibTeX Parquet Avro Protobuf Thrift Arrow ORC HDF5 NetCDF GeoJSON KML GPX iCal vCard INI ENV DOTENV
API REST SOAP GraphQL gRPC RPC HTTP HTTPS FTP SFTP SSH TLS SSL TCP UDP DNS DHCP SMTP IMAP LDAP OAuth OIDC SAML JWT SSO MFA OTP
PIN URL URI URN UUID GUID ISBN DOI ORCID SKU SQL NoSQL ORM CRUD SDK CLI GUI IDE REPL CPU GPU TPU RAM ROM SSD HDD USB HDMI LAN
WAN VPN VLAN NAT IoT CI CD DevOps SRE SLA SLO KPI OKR ROI B2B B2C SaaS PaaS IaaS ERP CRM CMS SEO SEM UX UI QA MVP AI ML NLP LLM
GPT RAG OCR TTS ASR NER BERT RNN CNN GAN LSTM SVM PCA KNN OpenAI Anthropic ChatGPT Claude Gemini Llama Mistral Copilot Bard
Midjourney Perplexity DALL-E Whisper Codex HuggingFace LangChain PyTorch TensorFlow Keras NumPy Pandas SciPy Matplotlib Seaborn
Scikit Jupyter Colab Kaggle Spark Hadoop Hive Kafka Flink Airflow Dagster Prefect Snowflake BigQuery Redshift Databricks dbt
Postgres PostgreSQL MySQL MariaDB SQLite Oracle MongoDB Cassandra Redis Memcached Elasticsearch OpenSearch Solr Lucene ClickHouse
InfluxDB Prometheus Grafana Loki Tempo Jaeger Zipkin Telegraf Datadog Sentry Splunk Kibana Logstash Docker Podman Kubernetes Helm
Terraform Ansible Vagrant Puppet Chef Jenkins Travis CircleCI GitHub GitLab Bitbucket Gitea Nginx Apache Tomcat Traefik Caddy
HAProxy Envoy Istio Consul Vault Nomad Linux Ubuntu Debian Fedora CentOS Alpine Arch Gentoo Windows macOS iOS Android Chrome
Firefox Safari Edge Opera Brave React Angular Vue Svelte Next Nuxt Astro Remix Ember Backbone jQuery Bootstrap Tailwind Webpack
Vite Babel ESLint Prettier Jest Vitest Mocha Cypress Playwright Selenium Django Flask FastAPI Pydantic Starlette Uvicorn Celery
Rails Sinatra Laravel Symfony Spring Hibernate Maven Gradle Quarkus Micronaut Express Koa Fastify NestJS Deno Bun Node Ruby Perl
Julia Ada Elm Haskell Scala Kotlin Swift Rust Go Java Python Dart Flutter Lua Pascal Delphi Fortran Cobol Prolog Lisp Scheme
Clojure Erlang Elixir Racket Crystal Nim Zig Solidity Bash Zsh PowerShell Vim Emacs Neovim VSCode Eclipse IntelliJ PyCharm
Ethernet Bluetooth WiFi Wi-Fi ZigBee LoRa Modbus MQTT AMQP RabbitMQ NATS ZeroMQ WebSocket WebRTC WebAssembly Wasm OpenGL Vulkan
Alexa Siri Cortana Google Apple Microsoft Amazon Facebook Meta Instagram WhatsApp Telegram Signal Slack Discord Zoom Teams Skype
Outlook Gmail Excel Word PowerPoint OneNote OneDrive SharePoint Dropbox Notion Trello Asana Jira Confluence Figma Photoshop
Illustrator InDesign Canva Blender AutoCAD Unity Unreal Godot Roblox Minecraft Fortnite Netflix Spotify YouTube TikTok Twitter
Reddit LinkedIn Pinterest Wikipedia Tesla Toyota Honda Nissan Mazda Hyundai Volkswagen Audi Porsche Mercedes Renault Peugeot
Fiat Ferrari Lamborghini Bentley Boeing Airbus Lufthansa Ryanair Uber Lyft Airbnb Ikea Aldi Lidl Carrefour Walmart Costco Target
Starbucks McDonald's Nestle Danone Unilever Pfizer Moderna Bayer Novartis Roche Siemens Bosch Philips Sony Samsung Huawei Xiaomi
Nokia Ericsson Motorola Lenovo Dell Asus Acer Intel AMD Nvidia Qualcomm Adobe Salesforce SAP PayPal Stripe Visa Mastercard
Monday Tuesday Wednesday Thursday Friday Saturday Sunday Christmas Easter Ramadan Hanukkah Diwali Halloween Thanksgiving
Mars Venus Jupiter Saturn Uranus Neptune Pluto Mercury Earth Moon Sun
Password Passwort Kennwort Passcode Passphrase Contraseña Clave Senha Parola Parole Wachtwoord Hasło Heslo Lösenord Kodeord
Adgangskode Salasana Jelszó Şifre Lozinka Geslo Slaptažodis Parool Sandi Login Username Benutzername Utilisateur Usuario Utente
""".split()
HEADER = """\
# Names of languages, formats, technologies, brands, places and times, in small letters, one per line.
# Written by training/pii/terms.py; change that script, not this file. Sources: CLDR by babel 2.19.0 (Unicode licence),
# pygments (BSD), github-linguist/linguist's languages.yml (MIT), simpleicons 7.21.0 (CC0), the SPDX licences (CC0), the
# types of files of Python (PSF), and common terms collected by hand.
"""


def of_cldr(code):
    """The names of languages, countries, currencies, cities of time zones, months and days in a language."""
    locale = Locale.parse(code)
    yield from locale.territories.values()
    yield from (name for name in chain(locale.languages.values(), locale.currencies.values()) if " " not in name)
    yield from (zone["city"] for zone in locale.time_zones.values() if "city" in zone)
    for width in ("wide", "abbreviated"):
        yield from get_month_names(width, locale=locale).values()
        yield from get_day_names(width, locale=locale).values()


def of_software(linguist):
    """The names of programming languages, formats, brands and licences."""
    yield from (name for name, *_ in get_all_lexers())
    yield from (line.strip("\"':\n") for line in linguist.read_text(encoding="utf-8").splitlines() if re.match(r"[^\s#-]", line))
    yield from (icon.title for icon in icons.values())
    yield from (key for key in get_spdx_licensing().known_symbols if not key.lower().startswith("licenseref"))
    yield from (extension.strip(".") for extension in mimetypes.types_map)


def written(name):
    """A name in lower case without what stands in brackets, or nothing where it is no words."""
    name = re.sub(r"\s*[(\[].*", "", name).strip().lower()
    has_letters = len(re.findall(r"[^\W\d_]", name)) > 1
    return name if has_letters and len(name.split()) <= MAX_WORDS and name.isprintable() and name[0].isalpha() else ""


def main(linguist, out):
    """Write the list: common terms, then places, languages and times, then what is software or a brand alone."""
    zones = (f"{zone}".rpartition("/")[2].replace("_", " ") for zone in Locale("en").time_zones)
    sections = {"common": COMMON, "places": chain(zones, *map(of_cldr, LANGUAGES)), "software": of_software(Path(linguist))}
    lines, seen = [], {""}
    for section, names in sections.items():
        kept = sorted({written(name) for name in names} - seen)
        seen.update(kept)
        lines += [f"[{section}]", *kept]
    (Path(out) / "terms.txt").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


main(*sys.argv[1:])
