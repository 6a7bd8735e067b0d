package io.github.alexalink.schema;

import io.github.alexalink.fixture.Written;
import io.github.alexalink.fixture.servers.FreshDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** {@code ./mvnw test -Dtest=ReferenceTest -Ddocs.write=true} writes the page anew. */
@DisplayName("docs/dba-reference.md has the comments of the schema")
class ReferenceTest {

    /** Writes for each table or view a heading, its comment, its key, and a row for each column. */
    private static final String RELATIONS = """
            WITH col AS (
                SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
                       coalesce(col_description(a.attrelid, a.attnum), '') AS comment
                  FROM pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped
            ), line AS (
                SELECT c.attrelid, string_agg(format(E'| `%s` | %s%s | %s | %s |\\n', c.attname, c.type,
                           CASE WHEN c.attnotnull THEN ', not null' ELSE '' END,
                           CASE WHEN c.comment LIKE '% [personal]' THEN 'personal'
                                WHEN c.comment LIKE '% [personal, not exported]' THEN 'personal, not exported' ELSE '' END,
                           regexp_replace(replace(c.comment, '|', '\\|'), ' \\[personal[^\\]]*\\]$', '')), '' ORDER BY c.attnum) AS rows
                  FROM col c GROUP BY c.attrelid
            )
            SELECT string_agg(format(E'\\n### %s\\n\\n%s.%s\\n\\n| Column | Type | | What |\\n|---|---|---|---|\\n%s', r.relname,
                       obj_description(r.oid, 'pg_class'),
                       coalesce((SELECT format(' Key: `%s`.', substring(pg_get_constraintdef(k.oid) FROM '\\((.*)\\)'))
                                   FROM pg_constraint k WHERE k.conrelid = r.oid AND k.contype = 'p'), '')
                           || coalesce(' Partitioned by `' || pg_get_partkeydef(r.oid) || '`.', ''),
                       replace(l.rows, 'timestamp with time zone', 'timestamptz')),
                   '' ORDER BY r.relname COLLATE "C")
              FROM pg_class r JOIN line l ON l.attrelid = r.oid
             WHERE r.relnamespace = 'alexa'::regnamespace AND r.relkind = ANY ('%s'::"char"[]) AND NOT r.relispartition
            """;

    private static final String FUNCTIONS = """
            SELECT string_agg(format(E'\\n### %s\\n\\n%s.\\n\\n    alexa.%s(%s)%s\\n', p.proname, obj_description(p.oid, 'pg_proc'), p.proname,
                       replace(regexp_replace(pg_get_function_arguments(p.oid), '::(timestamp with time zone|[a-z]+)(\\[\\])?', '', 'g'), 'timestamp with time zone', 'timestamptz'),
                       coalesce(' RETURNS ' || replace(pg_get_function_result(p.oid), 'timestamp with time zone', 'timestamptz'), '')),
                   '' ORDER BY p.proname COLLATE "C")
              FROM pg_proc p WHERE p.pronamespace = 'alexa'::regnamespace
            """;

    @Test
    void the_page_has_the_comments_of_every_table_view_and_function() throws Exception {
        Written.assertSays(Path.of("docs/dba-reference.md"), "schema", schema());
    }

    private static String schema() throws Exception {
        String database = FreshDatabase.migrated();
        return "\n## Tables\n" + FreshDatabase.ask(database, RELATIONS.replace("'%s'", "'{r,p}'"))
                + "\n## Views\n" + FreshDatabase.ask(database, RELATIONS.replace("'%s'", "'{v}'"))
                + "\n## Functions\n" + FreshDatabase.ask(database, FUNCTIONS);
    }
}
