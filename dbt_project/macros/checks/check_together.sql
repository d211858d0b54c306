{#-
    Runs after every model (`post-hook`): its checks, those of dbt's generic tests that this run will come to and that
    are about this model and what stands before it, in one statement instead of one each. Every test then finds its own
    outcome here (`materializations/test.sql`), with its name, its severity and what depends on it as ever. On Athena a
    statement costs 10 MB and seconds, whatever it reads. In a refresh they are about what it wrote (`rows_checked`).
-#}
{% macro check_together() -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- do ask_together(tests_of(model)) -%}
    {%- endif -%}
{%- endmacro %}

{#-
    Runs before all tests of `dbt test` on Athena (`on-run-start`): those of all models, in few statements. Each has some
    stages for every test, and Athena takes 150 in a statement.
-#}
{% macro check_all_together() -%}
    {%- if execute and flags.WHICH == 'test' and target.type == 'athena' -%}
        {%- for tests in generic_tests() | batch(20) -%}
            {%- do ask_together(tests) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Ask tests in one statement and keep what came of each. -#}
{% macro ask_together(tests) -%}
    {%- if tests -%}
        {%- set found = run_query(checks_sql(tests)) -%}
        {%- set outcomes = outcomes_of_checks() -%}
        {%- for row in found.rows -%}
            {%- set place = loop.index0 -%}
            {%- set figures = found.limit(place, place + 1).select(['failures', 'should_warn', 'should_error']) -%}
            {%- do outcomes.update({row[0]: figures}) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- By the id of a test, what came of it, as dbt reads it. All nodes of a run share `graph`. -#}
{% macro outcomes_of_checks() -%}
    {{ return(graph.setdefault('outcomes_of_checks', {})) }}
{%- endmacro %}

{#- The generic tests of models that this run will come to, and that can be asked with others. -#}
{% macro generic_tests() -%}
    {%- set tests = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute='unique_id') -%}
        {%- if node.resource_type == 'test'
            and node.attached_node in graph.nodes
            and node.unique_id in selected_resources
            and not (node.config.where or node.config.limit or node.config.store_failures or flags.STORE_FAILURES)
            and is_told_plainly(node) -%}
            {%- do tests.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tests) }}
{%- endmacro %}

{#-
    Whether a test's arguments are what its SQL is to be made of. What dbt would have to work out first (`ref(…)`,
    `var(…)`, `{{ … }}`), only a test that is asked by itself can have worked out, but for the model that `to` names.
    Nor is a test of a package found by its name alone.
-#}
{% macro is_told_plainly(test) -%}
    {%- set arguments = dict(test.test_metadata.kwargs) -%}
    {%- do arguments.pop('model', none) -%}
    {%- set others = test.depends_on.nodes | reject('equalto', test.attached_node) | list -%}
    {%- if others | length == 1 and others[0] in graph.nodes -%}
        {%- do arguments.pop('to', none) -%}
    {%- endif -%}
    {%- set worked_out = '"\\s*(env_var|ref|var|source|doc)\\s*\\(|\\{[{%]' -%}
    {{ return(not test.test_metadata.namespace and not modules.re.search(worked_out, tojson(arguments))) }}
{%- endmacro %}

{#- Those of a model that can be asked as soon as it is built. -#}
{% macro tests_of(checked) -%}
    {%- set before = all_before(checked) -%}
    {%- set tests = [] -%}
    {%- for test in generic_tests() if test.attached_node == checked.unique_id -%}
        {%- set others = test.depends_on.nodes | reject('equalto', checked.unique_id) | list -%}
        {%- if others | reject('in', before) | list | length == 0 -%}
            {%- do tests.append(test) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tests) }}
{%- endmacro %}

{#- The ids of all nodes that a node depends on, directly or not. -#}
{% macro all_before(node) -%}
    {%- set before = {} -%}
    {%- set next = node.depends_on.nodes | list -%}
    {%- for _ in range(graph.nodes | length) -%}
        {%- set here = next | reject('in', before) | select('in', graph.nodes) | unique | list -%}
        {%- do next.clear() -%}
        {%- for id in here -%}
            {%- do before.update({id: true}) -%}
            {%- do next.extend(graph.nodes[id].depends_on.nodes) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(before) }}
{%- endmacro %}

{#- One row for each test: its id, and what dbt asks of every test. -#}
{% macro checks_sql(tests) -%}
    {%- for test in tests %}
    select
        '{{ test.unique_id }}' as test_id,
        outcome.failures,
        outcome.should_warn,
        outcome.should_error
    from (
        {{ get_test_sql(test_sql(test), test.config.fail_calc, test.config.warn_if, test.config.error_if, none) }}
    ) as outcome
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The SQL of a generic test. -#}
{% macro test_sql(test) -%}
    {%- set checked = graph.nodes[test.attached_node] -%}
    {%- set name = test.test_metadata.name -%}
    {%- set arguments = dict(test.test_metadata.kwargs, model=rows_checked(checked, name)) -%}
    {%- if 'to' in arguments -%}
        {%- set others = test.depends_on.nodes | reject('equalto', test.attached_node) | list -%}
        {%- do arguments.update({'to': graph.nodes[others[0]].relation_name}) -%}
    {%- endif -%}
    {{ context['test_' ~ name](**arguments) }}
{%- endmacro %}
