"""SQL that examines and empties a database of PostgreSQL."""

from __future__ import annotations

# What can be compared, as one line of JSON: how many rows each table has, and a checksum of what there is.
# Extensions bring things of their own, which their own version decides.
FACTS = r"""
with own as (
  select c.oid, c.relkind, n.nspname, c.relname
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
), lines as (
  select format('%s %I.%I', relkind, nspname, relname) as line from own where relkind <> 't'
  union all
  select format('column %I.%I.%I %s %s', nspname, relname, attname, format_type(atttypid, atttypmod), attnotnull)
  from own join pg_attribute a on a.attrelid = own.oid
  where relkind in ('r', 'p', 'v', 'm') and attnum > 0 and not attisdropped
  union all
  select format('constraint %I.%I %I %s', nspname, relname, conname, contype)
  from own join pg_constraint t on t.conrelid = own.oid where contype <> 'n'
  union all
  select format('trigger %I.%I %I', nspname, relname, tgname)
  from own join pg_trigger t on t.tgrelid = own.oid where not tgisinternal
)
select json_build_object(
  'tables', coalesce((select json_object_agg(format('%I.%I', nspname, relname), (xpath('/row/c/text()',
    query_to_xml(format('select count(*) as c from only %I.%I', nspname, relname), false, true, '')))[1]::text::bigint)
    from own where relkind = 'r'), '{}'),
  'schema', md5(coalesce((select string_agg(line, e'\n' order by line collate "C") from lines), '')));"""

# Drops everything that is the app's, in the transaction in which the backup is restored.
CLEAR = r"""
set local lock_timeout = '60s';
set local client_min_messages = warning;
do $clear$
declare one record;
begin
  for one in
    select format('drop schema if exists %I cascade', nspname) as line from pg_namespace n
    where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')
      and not exists (select from pg_extension e where e.extnamespace = n.oid)
      and not exists (select from pg_depend d
        where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')
  loop execute one.line; end loop;
  for one in
    select format('drop %s if exists %I.%I cascade', case c.relkind when 'v' then 'view'
      when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table'
      when 'c' then 'type' else 'table' end, n.nspname, c.relname) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('e', 'i'))
    order by position(c.relkind in 'rpfvmcS')
  loop execute one.line; end loop;
  for one in
    select format('drop %s if exists %s cascade', case p.prokind when 'a' then 'aggregate'
      when 'p' then 'procedure' else 'function' end, p.oid::regprocedure) as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
  loop execute one.line; end loop;
  for one in
    select format('drop %s if exists %I.%I cascade', case t.typtype when 'd' then 'domain' else 'type' end,
      n.nspname, t.typname) as line
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.typtype in ('e', 'd', 'r') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend d
        where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype in ('e', 'i'))
  loop execute one.line; end loop;
  perform lo_unlink(oid) from pg_largeobject_metadata where lomowner = current_user::regrole;
end
$clear$;"""
