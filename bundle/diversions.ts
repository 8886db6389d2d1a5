import { syncBuiltinESMExports } from 'node:module';

type Callable = (...args: never[]) => unknown;

/**
 * Properties of Node's own objects that go another way for some callers: for those with a subject, which `subject` finds
 * at each call. A program may keep a function that it found here: without a subject it is the real one's equal.
 */
export class Diversions<Subject> {
  private readonly undo: Array<() => void> = [];

  constructor(private readonly subject: () => Subject | undefined) {}

  /** `instead` may decline by giving nothing. */
  method<T extends object>(target: T, key: keyof T, instead: (subject: Subject) => Callable | undefined): void {
    const real = target[key] as Callable;
    const route = (): Callable | undefined => {
      const caller = this.subject();
      return caller && instead(caller);
    };
    // A proxy keeps a function's own properties, which util.promisify and the like look at, and a class one.
    const diverted = new Proxy(real, {
      apply: (_, self, args) => Reflect.apply(route() ?? real, self, args) as unknown,
      construct: (_, args, newTarget) =>
        (route()?.(...(args as never[])) ?? Reflect.construct(real, args, newTarget)) as object,
    });
    this.value(target, key, diverted);
  }

  /** What is there is not read before somebody asks for it: some of Node's globals load when they are. */
  getter<T extends object>(target: T, key: keyof T, instead: (subject: Subject) => unknown): void {
    const original = Object.getOwnPropertyDescriptor(target, key) ?? { value: undefined, configurable: true };
    let real = original;
    this.replace(target, key, {
      get: () => {
        const caller = this.subject();
        return (caller && instead(caller)) ?? (real.get ? real.get.call(target) : real.value);
      },
      set: (value: unknown) => {
        real = { value };
      },
      configurable: true,
    });
  }

  value<T extends object>(target: T, key: keyof T, value: unknown): void {
    this.replace(target, key, { value, configurable: true, writable: true, enumerable: true });
  }

  /** Names imported from Node's modules follow only now. */
  publish(): void {
    syncBuiltinESMExports();
  }

  restore(): void {
    for (const undo of this.undo.splice(0).reverse()) undo();
    syncBuiltinESMExports();
  }

  private replace<T extends object>(target: T, key: keyof T, descriptor: PropertyDescriptor): void {
    const original = Object.getOwnPropertyDescriptor(target, key);
    Object.defineProperty(target, key, descriptor);
    this.undo.push(() => {
      if (original) Object.defineProperty(target, key, original);
      else delete target[key];
    });
  }
}
