/** A length of time: `Duration.ofSeconds(10)`. */
export class Duration {
  static readonly ZERO = new Duration(0);

  private constructor(private readonly ms: number) {}

  static ofMillis(n: number): Duration {
    return new Duration(n);
  }
  static ofSeconds(n: number): Duration {
    return new Duration(n * 1000);
  }
  static ofMinutes(n: number): Duration {
    return new Duration(n * 60_000);
  }
  static ofHours(n: number): Duration {
    return new Duration(n * 3_600_000);
  }
  static ofDays(n: number): Duration {
    return new Duration(n * 86_400_000);
  }
  /** Milliseconds. */
  toMillis(): number {
    return this.ms;
  }
}

/** Flink's older spelling of Duration: `Time.seconds(10)`. */
export class Time {
  static milliseconds(n: number): Duration {
    return Duration.ofMillis(n);
  }
  static seconds(n: number): Duration {
    return Duration.ofSeconds(n);
  }
  static minutes(n: number): Duration {
    return Duration.ofMinutes(n);
  }
  static hours(n: number): Duration {
    return Duration.ofHours(n);
  }
  static days(n: number): Duration {
    return Duration.ofDays(n);
  }
}

/** Milliseconds of a Duration or of a bare number of milliseconds. */
export const millisOf = (d: Duration | number): number => (typeof d === 'number' ? d : d.toMillis());
