import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { MillraceError } from '../../core/errors.js';

/** One `<property>` of a *-site.xml. */
export interface SiteProperty {
  name: string;
  /** Undefined where the property has no `<value>`: Hadoop then takes it as not set. */
  value: string | undefined;
  final: boolean;
  /** The file it stands in. */
  source: string;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  // Hadoop's own parser keeps character data as it is; what is trimmed is trimmed by the getters.
  trimValues: false,
  isArray: (_name, path) => typeof path === 'string' && INCLUDES_AND_PROPERTIES.has(path),
});
const orderParser = new XMLParser({ preserveOrder: true });
const INCLUDES_AND_PROPERTIES: ReadonlySet<string> = new Set([
  'configuration.property',
  'configuration.xi:include',
  'configuration.include',
]);

/** Reads a *-site.xml with what it includes (`xi:include`), in the order in which later properties win. */
export function readSiteFile(file: string, depth = 0): SiteProperty[] {
  if (depth > 8) throw broken(file, 'its includes go round in a circle');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw broken(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  return parseSiteXml(text, file, depth);
}

export function parseSiteXml(text: string, file: string, depth = 0): SiteProperty[] {
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw broken(file, `${valid.err.msg} (line ${valid.err.line}, column ${valid.err.col})`);
  const document = parser.parse(text) as Record<string, unknown>;
  if (!('configuration' in document)) throw broken(file, 'its root element is not <configuration>');
  const root = asElement(document['configuration']);
  const hasIncludes = 'xi:include' in root || 'include' in root;
  if (!hasIncludes) return asList(root['property']).flatMap(item => propertyOf(asElement(item), file));
  const left: Record<string, unknown[]> = {};
  for (const tag of ['property', 'xi:include', 'include']) left[tag] = asList(root[tag]);
  return tagsInOrder(text).flatMap(tag => {
    const element = asElement(left[tag]?.shift());
    return tag === 'property' ? propertyOf(element, file) : included(element, file, depth);
  });
}

function propertyOf(property: Record<string, unknown>, file: string): SiteProperty[] {
  const name = textOf(property['name'] ?? property['@name'])?.trim();
  if (name === undefined || name === '') return [];
  const final = textOf(property['final'] ?? property['@final'])?.trim() === 'true';
  return [{ name, value: textOf(property['value'] ?? property['@value']), final, source: file }];
}

function included(include: Record<string, unknown>, file: string, depth: number): SiteProperty[] {
  const target = textOf(include['@href'])?.trim();
  if (target === undefined) throw broken(file, 'an <include> has no href');
  const path = resolve(dirname(file), target.replace(/^file:(\/\/)?/, ''));
  if (existsSync(path)) return readSiteFile(path, depth + 1);
  if ('xi:fallback' in include) return [];
  throw broken(file, `the file it includes is not there: ${path}`);
}

/** Where files are included, it matters what stands before and what after: a later property wins. */
function tagsInOrder(text: string): string[] {
  const document = orderParser.parse(text) as Array<Record<string, unknown>>;
  const root = document.find(node => 'configuration' in node)?.['configuration'] as Array<Record<string, unknown>>;
  return root.flatMap(node => Object.keys(node).filter(tag => /^(property|(xi:)?include)$/.test(tag)));
}

/** The text of a *-site.xml with these properties. */
export function formatSiteXml(properties: Readonly<Record<string, string>>): string {
  const lines = Object.entries(properties).map(
    ([name, value]) => `  <property><name>${escapeXml(name)}</name><value>${escapeXml(value)}</value></property>`,
  );
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<configuration>', ...lines, '</configuration>', ''].join('\n');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function asElement(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** Text of an element; one with attributes comes as an object that holds it. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return textOf(value.at(-1));
  if (typeof value === 'object' && value !== null && '#text' in value) return textOf(value['#text']);
  return undefined;
}

function broken(file: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('ILLEGAL_CONFIGURATION', `${file} can't be read as Hadoop configuration: ${why}.`, {
    domain: 'user',
    context: { file },
    ...(cause !== undefined && { cause }),
  });
}
