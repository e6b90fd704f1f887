/**
 * A page that needs nothing from elsewhere: styles, the plotting library, its script and its data stand inside, and
 * its policy lets no other script or style in.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Page {
  readonly html: string;
  /** The Content-Security-Policy that the page also carries in itself. */
  readonly policy: string;
}

export interface PageParts {
  readonly title: string;
  /** HTML: what comes from outside is `escaped` in it. */
  readonly body: string;
  /** Path of the script that draws from the data. */
  readonly script: string;
  /** What the script finds as JSON in the element of this id. */
  readonly data: { readonly id: string; readonly value: unknown };
}

export function standalonePage({ title, body, script, data }: PageParts): Page {
  const styles = [library('uPlot.min.css'), asset(join(import.meta.dirname, 'page', 'style.css'))];
  const scripts = [library('uPlot.iife.min.js'), asset(script)];
  const policy = [
    "default-src 'none'",
    `script-src ${hashes(scripts)}`,
    `style-src ${hashes(styles)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
${styles.map((text) => `<style>${text}</style>`).join('\n')}
</head>
<body>
${body}
<script type="application/json" id="${data.id}">${json(data.value)}</script>
${scripts.map((text) => `<script>${text}</script>`).join('\n')}
</body>
</html>
`;
  return { html, policy };
}

function asset(path: string): string {
  return readFileSync(path, 'utf8');
}

function library(name: string): string {
  return asset(fileURLToPath(import.meta.resolve(`uplot/dist/${name}`)));
}

function hashes(texts: readonly string[]): string {
  return texts
    .map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
    .join(' ');
}

/** Nothing in it can end the element that it stands in. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as the content of an element or of an attribute in quotes. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
