import DefaultTheme from "vitepress/theme";
// After the theme, whose colours it changes.
import "./style.css";

export default DefaultTheme;
