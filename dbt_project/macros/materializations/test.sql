{#- A test whose outcome `check_together` has found already says it; any other asks, as dbt's own do. -#}
{% materialization test, default -%}
    {%- set outcome = outcomes_of_checks().pop(model.unique_id, none) -%}
    {%- if outcome is none -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}
    {%- do store_raw_result('main', message='checked with its model', code=none, rows_affected=none, agate_table=outcome) -%}
    {{ return({'relations': []}) }}
{%- endmaterialization %}
