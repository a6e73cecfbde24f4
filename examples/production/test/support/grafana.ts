import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Options as Gauge } from "@grafana/grafana-foundation-sdk/gauge";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Options as Stat } from "@grafana/grafana-foundation-sdk/stat";
import type { FieldConfig, Options as Timeseries } from "@grafana/grafana-foundation-sdk/timeseries";

/** A type as JSON has it: enums by their values, and no methods. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? `${T}` extends `${infer Value extends number}`
      ? Value
      : never
    : T extends (infer Item)[]
      ? Json<Item>[]
      : T extends object
        ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Json<T[K]> }
        : T;

/** Grafana fills in what is left out. */
type Part<T> = T extends (infer Item)[]
  ? Part<Item>[]
  : T extends object
    ? { [K in keyof T]?: Part<T[K]> }
    : T;

type PanelOf<Type extends string, Options, Custom> = Omit<
  Json<Panel>,
  "type" | "options" | "targets" | "fieldConfig"
> & {
  type: Type;
  title: string;
  options: Part<Json<Options>>;
  targets: Json<Dataquery>[];
  fieldConfig: Json<NonNullable<Panel["fieldConfig"]>> & { defaults: { custom?: Part<Json<Custom>> } };
};

/** A dashboard whose panels ask Prometheus, by the types that Grafana generates from its own schema. */
export type PrometheusDashboard = Omit<Json<Dashboard>, "panels"> & {
  panels: (
    | PanelOf<"stat", Stat, never>
    | PanelOf<"gauge", Gauge, never>
    | PanelOf<"timeseries", Timeseries, FieldConfig>
  )[];
};
