package io.github.alexalink;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.sql.Connection;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The doors between the rooms")
class DoorsTest {

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.github.alexalink");

    private static final String[] ENDPOINTS = {
        "..authorize..",
        "..approve..",
        "..token..",
        "..revoke..",
        "..introspect..",
        "..metadata..",
        "..links..",
        "..health..",
        "..metrics..",
        "..operator..",
        "..endpoint..",
        "..signin.."
    };

    @Test
    void only_protocol_knows_oltu() {
        noClasses()
                .that()
                .resideOutsideOfPackage("..protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.oltu..")
                .check(CODE);
    }

    @Test
    void only_metrics_knows_micrometer_and_only_the_root_knows_metrics() {
        noClasses()
                .that()
                .resideOutsideOfPackage("..metrics..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.micrometer..", "io.prometheus..", "com.codahale..")
                .check(CODE);
        noClasses()
                .that()
                .resideOutsideOfPackage("..metrics..")
                .and()
                .doNotHaveFullyQualifiedName(AlexaLink.class.getName())
                .should()
                .dependOnClassesThat()
                .resideInAPackage("..alexalink.metrics..")
                .check(CODE);
    }

    /**
     * Settings name networks, so they need Tomcat's NetMask; a sign-in asks the Realm itself. The rest of Tomcat is reached
     * through the servlet API or by configuration.
     */
    @Test
    void config_uses_the_net_mask_of_tomcat_and_sign_in_its_realm_and_nobody_else_uses_tomcat() {
        mayUseOfTomcat("..config..", Set.of("org.apache.catalina.util.NetMask"));
        mayUseOfTomcat(
                "..signin..",
                Set.of(
                        "org.apache.catalina.WebResourceRoot",
                        "org.apache.catalina.Context",
                        "org.apache.catalina.Realm",
                        "org.apache.catalina.TomcatPrincipal",
                        "org.apache.catalina.Wrapper",
                        "org.apache.catalina.realm.CombinedRealm",
                        "org.apache.catalina.realm.DataSourceRealm",
                        "org.apache.catalina.realm.LockOutRealm"));
        noClasses()
                .that()
                .resideOutsideOfPackages("..config..", "..signin..")
                .should()
                .dependOnClassesThat(TOMCATS)
                .check(CODE);
    }

    private static final DescribedPredicate<JavaClass> TOMCATS = describe(
            "are Tomcat's",
            known -> known.getPackageName().startsWith("org.apache.")
                    && !known.getPackageName().startsWith("org.apache.oltu."));

    private static void mayUseOfTomcat(String room, Set<String> names) {
        noClasses()
                .that()
                .resideInAPackage(room)
                .should()
                .dependOnClassesThat(
                        TOMCATS.and(describe("are not of " + names, known -> !names.contains(known.getName()))))
                .check(CODE);
    }

    @Test
    void protocol_knows_no_sql_no_servlet_and_no_template() {
        noClasses()
                .that()
                .resideInAPackage("..protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "jakarta.servlet..", "freemarker..")
                .check(CODE);
    }

    @Test
    void store_knows_no_servlet_and_no_endpoint() {
        noClasses()
                .that()
                .resideInAPackage("..store..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jakarta.servlet..")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage(ENDPOINTS)
                .check(CODE);
    }

    @Test
    void only_store_and_the_tool_ask_the_database() {
        noClasses()
                .that()
                .resideOutsideOfPackages("..store..", "..tool..")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.sql\\.(Connection|Statement|PreparedStatement|ResultSet|DriverManager)")
                .check(CODE);
    }

    /**
     * Every statement is a file in sql/statements or sql/tool, because only the class that reads those can prepare one. The
     * tool runs the files that a DBA runs, whole.
     */
    @Test
    void only_named_statement_sends_sql_and_only_from_files() {
        String named = "io.github.alexalink.store.NamedStatement";
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(named)
                .and()
                .doNotHaveFullyQualifiedName("io.github.alexalink.tool.DatabaseSide")
                .should()
                .callMethodWhere(describe(
                        "prepares or makes a statement",
                        call -> call.getTargetOwner().isAssignableTo(Connection.class)
                                && call.getName().matches("(prepare|create)(Statement|Call)|nativeSQL")))
                .orShould()
                .callMethodWhere(describe("has a pool send SQL of its own", call -> call.getName()
                        .matches("setConnection(InitSql|TestQuery)")))
                .orShould()
                .callConstructorWhere(describe(
                        "makes a statement of a text",
                        call -> call.getTargetOwner().getName().equals(named)))
                .check(CODE);
    }

    /** Tomcat does not load the tool, nor what it alone needs; and the web application knows JDBC alone. */
    @Test
    void only_the_tool_knows_the_tool_picocli_and_the_driver() {
        noClasses()
                .that()
                .resideOutsideOfPackage("..alexalink.tool..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("..alexalink.tool..", "picocli..", "org.postgresql..")
                .check(CODE);
    }

    @Test
    void nothing_depends_on_the_composition_root() {
        classes()
                .that()
                .haveSimpleName("AlexaLink")
                .should()
                .onlyHaveDependentClassesThat()
                .haveSimpleName("AlexaLink")
                .check(CODE);
    }

    @Test
    void imports_run_from_endpoints_to_protocol_and_never_back() {
        slices().matching("io.github.alexalink.(*)..").should().beFreeOfCycles().check(CODE);
    }

    /** The tool runs without a Tomcat, of which the WAR has no class; Launcher leaves out what pages and metrics need. */
    @Test
    void the_tool_knows_no_servlet_no_template_no_metrics_and_no_tomcat() {
        noClasses()
                .that()
                .resideInAPackage("..alexalink.tool..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "jakarta.servlet..", "freemarker..", "io.micrometer..", "io.prometheus..", "com.codahale..")
                .orShould()
                .dependOnClassesThat(TOMCATS)
                .check(CODE);
    }

    /** No other class of ours lies at the root of the WAR. */
    @Test
    void the_launcher_knows_nothing_but_the_jdk() {
        classes()
                .that()
                .haveNameMatching(".*\\.tool\\.Launcher(\\$.*)?")
                .should()
                .onlyDependOnClassesThat(describe(
                        "are the JDK's or the launcher's",
                        known -> known.getPackageName().startsWith("java.")
                                || known.isPrimitive()
                                || known.getBaseComponentType().isPrimitive()
                                || known.getBaseComponentType().getPackageName().startsWith("java.")
                                || known.getName().matches(".*\\.tool\\.Launcher(\\$.*)?")))
                .check(CODE);
    }

    @Test
    void nothing_imports_javax_servlet() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("javax.servlet..")
                .check(CODE);
    }

    /** The Valve lies in Tomcat's lib/, without the WAR's classes and without any library. */
    @Test
    void the_valve_knows_nothing_but_tomcat_and_the_jdk() {
        JavaClasses bearer = new ClassFileImporter()
                .withImportOption(
                        place -> place.matches(Pattern.compile(".*/bearer/[A-Z][A-Za-z]*(?<!Test|IT)(\\$.*)?\\.class")))
                .importPackages("io.github.alexalink.bearer");
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.github.alexalink.bearer",
                        "java..",
                        "javax.net.ssl..",
                        "jakarta.servlet..",
                        "org.apache.catalina..",
                        "org.apache.tomcat..",
                        "org.apache.juli..")
                .check(bearer);
        assertThat(bearer).extracting(JavaClass::getSimpleName).contains("BearerAuthenticator");
    }
}
