/**
 * Classes that a program has registered, so that their instances may travel. Each task runs the program's `main` for
 * itself and has classes of its own, so an instance goes over an edge as a number, which says the how manieth registered
 * class it is of, and its fields; the consumer makes an instance of its own class, without calling the constructor.
 */
import { addExtension } from 'msgpackr';
import { MillraceError } from '../errors.js';
import type { RegisteredClass } from '../graph/index.js';
import { isPlainPrototype } from './travel-rules.js';

/** An instance on its way. */
export class TypedValue {
  constructor(
    readonly type: number,
    readonly fields: object,
  ) {}
}

addExtension({
  Class: TypedValue,
  type: 0x33,
  write: (value: TypedValue) => [value.type, value.fields],
  read: ([type, fields]: [number, object]) => new TypedValue(type, fields),
} as Parameters<typeof addExtension>[0]);

/** Prototypes that are registered in this thread, whatever the program: two consumers of a record get a copy each. */
const copyable = new WeakSet<object>();

export const isRegistered = (prototype: object | null): boolean => prototype !== null && copyable.has(prototype);

export class TypeRegistry {
  private readonly prototypes: readonly object[];
  private readonly numbers = new Map<object, number>();

  /** In order of registration. `same` are these classes as other runs of `main` have made them. */
  constructor(classes: readonly RegisteredClass[], ...same: Array<readonly RegisteredClass[]>) {
    this.prototypes = classes.map(c => c.prototype as object);
    for (const list of [classes, ...same]) {
      for (const [i, { prototype }] of list.entries()) {
        this.numbers.set(prototype as object, i);
        copyable.add(prototype as object);
      }
    }
  }

  /** Of the operators of a chain, the head first: it takes what comes in. Undefined where nothing is registered. */
  static of([head, ...others]: Array<readonly RegisteredClass[] | undefined>): TypeRegistry | undefined {
    return head && new TypeRegistry(head, ...others.filter(types => types !== undefined));
  }

  numberOf(prototype: object): number | undefined {
    return this.numbers.get(prototype);
  }

  /** The value with instances in place of what stands for them. It may be changed: it belongs to the caller. */
  revive(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof TypedValue) return this.instance(value);
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = this.revive(value[i]);
      return value;
    }
    if (value instanceof Map) {
      return new Map([...(value as Map<unknown, unknown>)].map(([k, v]) => [this.revive(k), this.revive(v)]));
    }
    if (value instanceof Set) return new Set([...(value as Set<unknown>)].map(v => this.revive(v)));
    if (value instanceof Date || ArrayBuffer.isView(value)) return value;
    const fields = value as Record<string, unknown>;
    for (const key of Object.keys(fields)) fields[key] = this.revive(fields[key]);
    return value;
  }

  private instance({ type, fields }: TypedValue): object {
    const prototype = this.prototypes[type];
    if (!prototype) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `A record holds an instance of registered class ${type + 1}, but main has registered ${this.prototypes.length} when it ran here: ` +
          'which classes it registers must not depend on chance, time or what it reads elsewhere.',
      );
    }
    const instance = Object.create(prototype) as object;
    for (const [key, value] of Object.entries(fields)) setField(instance, key, this.revive(value));
    return instance;
  }
}

/** Sets an own field, also where the class has an accessor of that name. */
export function setField(instance: object, key: string, value: unknown): void {
  if (key in instance) {
    Object.defineProperty(instance, key, { value, enumerable: true, writable: true, configurable: true });
  } else (instance as Record<string, unknown>)[key] = value;
}

const PRIVATE_FIELD = /(?:^|[\s;{}])(?:static\s+)?#[\p{ID_Start}$_]/u;

/** Whether a class declares `#fields`, which nobody can copy from outside: its source text says so. */
export const hasPrivateFields = (prototype: object): boolean => PRIVATE_FIELD.test(String(prototype.constructor));

/** Throws INVALID_PROGRAM for what is no class, or one whose instances are more than their fields. */
export function checkRegistrable(given: unknown): asserts given is RegisteredClass {
  const refuse = (why: string): never => {
    throw new MillraceError('INVALID_PROGRAM', `registerType: ${why}`);
  };
  if (typeof given !== 'function' || typeof given.prototype !== 'object' || given.prototype === null) {
    return refuse(`a class is needed, it got ${typeof given === 'function' ? 'a function' : String(given)}.`);
  }
  let at = given.prototype as object | null;
  for (; at !== null && !isPlainPrototype(at, 'Object'); at = Object.getPrototypeOf(at) as object | null) {
    if (/\[native code\]/.test(String(at.constructor))) {
      refuse(`${given.name} extends ${at.constructor.name}: only classes of plain fields can travel.`);
    }
    if (hasPrivateFields(at)) {
      refuse(`${at.constructor.name} has #private fields, which can't be copied; TypeScript's 'private' can.`);
    }
  }
  if (at === given.prototype) refuse('Object travels as it is.');
}
