/** Text that takes records apart and puts them together by their layout. */
import type { Field, RecordLayout } from '../../core/types/index.js';
import type { Code } from './code.js';

type Shape = Pick<RecordLayout, 'shape' | 'fields'>;

/** An expression for a record whose fields are the given expressions. */
export function recordText({ shape, fields }: Shape, values: string[]): string {
  if (shape === 'value') return values[0]!;
  if (shape === 'tuple') return `[${values.join(', ')}]`;
  return `{ ${fields.map(({ name }, i) => `${JSON.stringify(name)}: ${values[i]}`).join(', ')} }`;
}

/**
 * Statements that take a record's fields into constants, or execute `otherwise` (a jump) if the record is not exactly of
 * this layout: no field more, none less, none of another kind, no class of its own. The kind of field `checked` is looked at
 * by who asks.
 */
export function takeApart(
  code: Code,
  { shape, fields }: Shape,
  record: string,
  otherwise: string,
  checked = -1,
): TakenApart {
  const names = fields.map(() => code.name('y'));
  let text = '';
  if (shape === 'tuple') {
    const [isArray, prototypeOf] = [code.use(Array.isArray, 'isArray'), code.use(Object.getPrototypeOf, 'prototypeOf')];
    const isTuple = code.helper(
      'isTuple',
      `t => ${isArray}(t) && t.length === ${fields.length} && ${prototypeOf}(t) === ${code.use(Array.prototype, 'tuple')}`,
    );
    text += `if (!${isTuple}(${record})) ${otherwise};\n`;
  } else if (shape === 'object') {
    const expected = code.use(
      fields.map(f => f.name),
      'names',
    );
    const q = code.name('q');
    text +=
      `if (typeof ${record} !== 'object' || ${record} === null || Object.getPrototypeOf(${record}) !== Object.prototype) ${otherwise};\n` +
      `let ${q} = 0; for (const key in ${record}) if (key !== ${expected}[${q}++]) ${otherwise};\n` +
      `if (${q} !== ${fields.length}) ${otherwise};\n`;
  }
  for (const [i, { name, kind }] of fields.entries()) {
    const value = shape === 'value' ? record : `${record}[${JSON.stringify(name)}]`;
    text += `const ${names[i]} = ${value};${i === checked ? '' : ` if (${unlike(names[i]!, kind)}) ${otherwise};`}\n`;
  }
  return { text, names };
}

export interface TakenApart {
  text: string;
  /** Of the constants, by field. */
  names: string[];
}

function unlike(value: string, kind: Field['kind']): string {
  switch (kind) {
    case 'i32':
      return `typeof ${value} !== 'number' || (${value} | 0) !== ${value} || (${value} === 0 && 1 / ${value} < 0)`;
    case 'f64':
      return `typeof ${value} !== 'number'`;
    case 'bool':
      return `typeof ${value} !== 'boolean'`;
    case 'str':
      return `typeof ${value} !== 'string'`;
  }
}
